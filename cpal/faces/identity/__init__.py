"""Who asks: tokens, users, projects and roles, as OpenStack Identity v3 has them.

The service built in keeps one SQLite file and speaks the API that every OpenStack client knows.

access_rules     which requests a token is for, where it is not for all
context          on whose behalf a request is made: what every API asks of tokens
service          the service: an HTTP handler and the tokens' keeper
router, routes   the API as a table: method, path, who may, what is done
kinds            what users, projects, roles ... hold, as tables of fields
database         the file: transactions, and a number that moves with every change
entities         the things kept, by kind and id
assignments      who has which role where: grants, groups, implied roles
standing         whether a token still holds, and what it gives
authentication   from a body of credentials to a token
signing, passwords   tokens as signed text; passwords as argon2id hashes
rules            who may do what
faults           errors in Keystone's words
answering, discovery, api_*   what each route does
bootstrap, openrc     the first start, and how its administrator signs in

Or the tokens are those of a real Keystone, and nothing of the above is served but `context` and `access_rules`:

keystone         asks it what tokens are worth
service_user, service_session, token_body   as whom other services are asked, how, and what is said of a token

Source: https://docs.openstack.org/api-ref/identity/v3/
"""
