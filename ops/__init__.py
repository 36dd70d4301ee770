"""Facts about the machine: processes, servers, commands, screens, proof."""
