"""The real Networking service of OpenStack, with all that it needs: see `install` and `service`."""
