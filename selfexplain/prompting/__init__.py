"""From a template and an Item to messages, and from a reply's text to Readings."""
