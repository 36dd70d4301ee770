"""Those who are measured, each in a file of its own; a file that is run as a program loads none of the others."""
