"""The HTTP status of each error. A test proves the table complete."""

from __future__ import annotations

from cpal import errors

HTTP_STATUS: dict[type[errors.CpalError], int] = {
    errors.CpalError: 500,
    errors.Invalid: 400,
    errors.Faults: 400,
    errors.Misplaced: 400,
    errors.Unsupported: 400,
    errors.WireError: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.AlreadyTaken: 409,
    errors.Exhausted: 409,
    errors.NotOwned: 409,
    errors.Moved: 409,
    errors.Referenced: 409,
    errors.Outdated: 503,
    errors.Busy: 503,
    errors.Unavailable: 503,
    errors.Unreachable: 503,
    errors.TimedOut: 504,
    errors.Missing: 503,
    errors.Denied: 503,
    errors.Disk: 507,
    errors.Failed: 502,
    errors.Rejected: 502,
    errors.Unverified: 502,
    errors.Unreadable: 502,
    errors.Partial: 502,
    errors.Broken: 500,
}
