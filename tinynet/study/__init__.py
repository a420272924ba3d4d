"""Study: tools for those who want to see backpropagation at work."""
