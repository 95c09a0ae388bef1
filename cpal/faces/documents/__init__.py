"""YAML documents in which names stand for things, as declared records, and back.

`reading` reads documents, `declaring` makes the records that they declare in an estate, `telling` says where in them
faults are, `writing` writes documents of what an estate holds, `json_schema` is what editors complete by. Each is
imported by itself: who only reads a document waits for nothing else.
"""
