"""Values in, Slack messages out, in the reader's language. Pure."""
