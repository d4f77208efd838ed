"""What a token may do. Its user's own rights are the limit; a scope never adds to them.

A view of one area names its own scope in `token_scope`; every other view asks for READ or WRITE, by its method.
"""

READ = "read"
WRITE = "write"
# Tokens, second factor, organizers' members.
ACCOUNT = "account"

# What a user may give to a token of their own.
GRANTABLE = (READ, WRITE, ACCOUNT)
