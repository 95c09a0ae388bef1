"""An OpenStack on this machine, with cpal as its Networking service and Nova with its fake driver.

steps           what is done, in which order and why: the whole walk-through, as data
configuration   the files of each service
packages        what comes from Debian and from the Python package index
registered      what Keystone, Glance and Nova are told to know
cloud           the steps done, looked at, and undone

Run by the services' own Python, which has no cpal:

wsgi            serves an API
compute         Nova's compute service with its fake driver, which waits for ports as the one for libvirt does
"""
