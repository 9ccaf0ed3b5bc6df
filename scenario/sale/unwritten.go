package sale

// Why an order was never tried to be written: the replies of orders in the record
// whose outcome is Dropped.
const (
	// ClientDied between being told ok and writing it down.
	ClientDied = "the client died before it wrote the order"
	// NotDrained: it was still waiting when the time to write orders was over.
	NotDrained = "still waiting when the time to write orders was over"
	// QueueFull: more were waiting than are kept.
	QueueFull = "too many orders were waiting"
)
