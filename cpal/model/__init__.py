"""What a thing is: frozen, typed, tagged records and the Estate that holds them. Pure."""
