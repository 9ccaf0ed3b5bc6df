package history

// A Background is what others read beside the sale. Its attempts have the verb read,
// and its number in Head.Background as their request; they are no buyer's.
type Background struct {
	// Read is stock, or a command.
	Read string `json:"read"`
	// Rate is how often it was read, at random, a second.
	Rate float64 `json:"rate"`
}
