"""HTTP, as every API of cpal speaks it: requests and responses as values, one ASGI shell around a handler.

message      Request and Response, JSON bodies
application  the ASGI shell: body limits, request ids, faults as statuses, one log line a request
status       the status of each error
server       listeners in one process, ready and gone gracefully
"""
