"""The partner gateway: from untrusted bytes to commands, in the order size, rate, signature, parse, envelope, schema, permission."""
