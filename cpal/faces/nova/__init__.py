"""What a Nova is told of the ports of its servers.

events      from what changed to what it must hear
outbox      what it must hear, kept until it has
telling     how it is told
notifier    the loop: look, keep, tell

Source: https://docs.openstack.org/api-ref/compute/#create-external-events-os-server-external-events
"""
