"""How fast Pantau decides whom to tell, and tells them; beside the libraries that people post and mail with."""
