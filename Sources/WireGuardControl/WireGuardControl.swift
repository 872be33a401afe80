// WireGuardControl
