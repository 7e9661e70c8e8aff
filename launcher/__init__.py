"""What starts the embedded servers and the demonstration; the application never imports it."""
