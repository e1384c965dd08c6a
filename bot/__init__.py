"""The ear: hears GitHub and answers in milliseconds. Holds no token, runs no tool."""
