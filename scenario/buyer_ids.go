package scenario

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// maxIDs bounds a file of buyer ids, in bytes.
const maxIDs = 1 << 30

// readBuyerIDs reads the ids that a file lists, if one does: an id a line, as it
// stands there, so many at least as there are buyers.
func (s *Spec) readBuyerIDs() error {
	path := s.BuyerIDs.File
	if path == "" || s.BuyerIDs.List() != nil {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--buyer-ids: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxIDs+1))
	switch {
	case err != nil:
		return fmt.Errorf("--buyer-ids: %w", err)
	case len(text) > maxIDs:
		return fmt.Errorf("--buyer-ids: %s is larger than %d MiB", path, maxIDs>>20)
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	if int64(len(lines)) < *s.Buyers {
		return fmt.Errorf("--buyer-ids: %s has %d ids, and there are %d buyers", path, len(lines), *s.Buyers)
	}
	ids := make([]string, *s.Buyers)
	for i := range ids {
		ids[i] = string(bytes.TrimSuffix(lines[i], []byte("\r")))
	}
	if s.BuyerIDs, err = s.BuyerIDs.Listed(ids); err != nil {
		return fmt.Errorf("--buyer-ids: %s: %w", path, err)
	}
	return nil
}
