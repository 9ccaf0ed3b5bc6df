package history

// A decoded segment is valid until its reader reads another.
type decoded struct {
	batch    []Attempt
	receipts []map[string]string
	err      error
}

// readAhead yields a batch a segment, and ends with the first error. The next
// segment is decoded while the caller looks at this one: each takes as long as
// the other.
func (h *History) readAhead(paths []string, receipts *[]map[string]string, yield func([]Attempt, error) bool) {
	next, quit := make(chan decoded), make(chan struct{})
	go h.decodeAll(paths, next, quit)
	defer func() {
		close(quit)
		for range next { // nothing goes on when this returns
		}
	}()
	for s := range next {
		*receipts = s.receipts
		if !yield(s.batch, s.err) || s.err != nil {
			return
		}
	}
}

// decodeAll hands over one segment after another. Two readers take turns: who
// takes a segment has done with the one before.
func (h *History) decodeAll(paths []string, next chan<- decoded, quit <-chan struct{}) {
	defer close(next)
	var readers [2]segmentReader
	for i, path := range paths {
		var s decoded
		reader := &readers[i%2]
		s.err = readWhole(path, func(file []byte) (err error) {
			s.batch, err = reader.read(file, len(h.Head.Items), h.Texts)
			s.receipts = reader.receipts
			return err
		})
		if s.err != nil {
			s.batch = nil
		}
		select {
		case next <- s:
		case <-quit:
			return
		}
		if s.err != nil {
			return
		}
	}
}
