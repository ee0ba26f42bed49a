"""Who is there: passwords, tokens, login sessions, and the principal they lead to."""
