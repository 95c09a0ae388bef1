"""What tests share: estates in a few words, and random ones."""
