"""thinc layers around the encoder, and the architectures built of them."""
