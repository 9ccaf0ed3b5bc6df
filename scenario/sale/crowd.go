package sale

// A Crowd says of which kind each buyer is. Its kinds are drawn by their shares
// from the buyer's number, so that every reader of a record knows them again.
type Crowd struct {
	Seed  uint64 `json:"seed"`
	Kinds []Kind `json:"kinds,omitempty"`
}

// A Kind is a share of the crowd whose buyers behave alike.
type Kind struct {
	Name  string `json:"name"`
	Share Share  `json:"share"`
}

// KindOf is the index in Kinds of a buyer's kind; 0 where there are none.
func (c *Crowd) KindOf(buyer uint32) int {
	panic("skeleton")
}
