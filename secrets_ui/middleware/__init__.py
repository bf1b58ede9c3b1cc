"""Around every view, in the order that miyabi_admin.assembly lists."""
