// WireGuardModel
