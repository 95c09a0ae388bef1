"""cpal: a Common Programmable Abstraction Layer for data-centre networks and clouds."""
