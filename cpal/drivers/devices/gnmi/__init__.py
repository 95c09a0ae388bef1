"""Whatever speaks OpenConfig over gNMI: SONiC, and makes beside their own ways."""
