"""One module a server's protocol: how it is reached with what the environment says, and what its errors mean."""
