package history

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxFile bounds the files that are read into memory, in bytes.
const maxFile = 1 << 30

// Open reads the record in a folder. The attempts stay on disk until Batches
// reads them; a segment that is damaged is an error there. A record whose
// driver did not end by itself has no tail; what is finished of it is read.
// An error wraps os.ErrNotExist where there is no record.
func Open(dir string) (*History, error) {
	h := &History{Texts: new(Texts)}
	if err := readHead(dir, &h.Head); err != nil {
		return nil, err
	}
	if err := readBuyers(dir, &h.Head); err != nil {
		return nil, err
	}
	if err := h.readTail(dir); err != nil {
		return nil, err
	}
	if err := h.readEvents(dir); err != nil {
		return nil, err
	}
	names, err := segmentsIn(dir)
	if err != nil {
		return nil, err
	}
	var receipts []map[string]string
	h.Receipt = func(n uint32) map[string]string {
		if n == 0 || int(n) > len(receipts) {
			return nil
		}
		return receipts[n-1]
	}
	h.Batches = func() iter.Seq2[[]Attempt, error] {
		return func(yield func([]Attempt, error) bool) { h.readAhead(names, &receipts, yield) }
	}
	return h, nil
}

// readHead reads head.json, of which every record has one.
func readHead(dir string, head *Head) error {
	path := filepath.Join(dir, headFile)
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("no record of a sale: %w", err)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s holds no record of a sale: %w", dir, err)
	} else if err != nil {
		return err
	}
	return parseHead(path, text, head)
}

func parseHead(path string, text []byte, head *Head) error {
	var told struct{ Version *int }
	if err := json.Unmarshal(text, &told); err != nil {
		return fmt.Errorf("%s is not the head of a record: %w", path, err)
	}
	switch {
	case told.Version == nil:
		return fmt.Errorf("%s is not the head of a record: it has no version", path)
	case *told.Version != Version:
		return fmt.Errorf("%s: the record has version %d; this seckill reads version %d", path, *told.Version, Version)
	}
	if err := json.Unmarshal(text, head); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(head.Items) == 0 {
		return fmt.Errorf("%s: it names no items", path)
	}
	ids := map[string]bool{}
	for _, item := range head.Items {
		if ids[item.ID] {
			return fmt.Errorf("%s: it names item %q twice", path, item.ID)
		}
		ids[item.ID] = true
	}
	return nil
}

// readTail reads tail.json, the ledger and the tables of orders, if the record is complete.
func (h *History) readTail(dir string) error {
	path := filepath.Join(dir, tailFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if h.Tail, err = parseTail(path, text, len(h.Head.Items)); err != nil {
		return err
	}
	err = readWhole(filepath.Join(dir, ledgerFile), func(file []byte) error {
		return decodeLedger(file, h.Tail.Audits, h.Head.BuyerIDs)
	})
	for _, table := range orderTables {
		if fields, has := orderFields(h.Tail.Audits, table.of); err == nil && has {
			err = readWhole(filepath.Join(dir, table.file), func(file []byte) error {
				if err := decodeOrders(file, h.Tail.Audits, fields, table.of); err != nil {
					return err
				}
				return wholeQuantities(h.Tail.Audits)
			})
		}
	}
	return err
}

func parseTail(path string, text []byte, items int) (*Tail, error) {
	var tail *Tail
	if err := json.Unmarshal(text, &tail); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case tail == nil || tail.Ended == "":
		return nil, fmt.Errorf("%s is not the tail of a record: it does not tell how the run ended", path)
	case !slices.Contains([]string{EndedDone, EndedDuration, EndedInterrupted, EndedServerLost, EndedRefused, EndedAborted}, tail.Ended):
		return nil, fmt.Errorf("%s: unknown end %q", path, tail.Ended)
	case tail.Attempts < 0 || tail.NeverOffered < 0:
		return nil, fmt.Errorf("%s: it counts fewer than 0 attempts or buyers", path)
	case len(tail.Audits) > items:
		return nil, fmt.Errorf("%s: it has %d audits of %d items", path, len(tail.Audits), items)
	}
	for i := range tail.Audits {
		if l := tail.Audits[i].Ledger; l != sale.NoLedger && l != sale.Presence && l != sale.Units {
			return nil, fmt.Errorf("%s: unknown ledger %q", path, l)
		}
	}
	if err := cmp.Or(sameOrders(tail.Audits, ordersOf), sameOrders(tail.Audits, bookedOf), isBook(tail.Audits)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tail, nil
}

// readEvents reads the events. They are written at the end, so an incomplete
// record may have none.
func (h *History) readEvents(dir string) error {
	err := readWhole(filepath.Join(dir, eventsFile), func(file []byte) (err error) {
		h.Events, err = decodeEvents(file)
		return err
	})
	if h.Tail == nil && errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// segmentsIn lists the finished segments in their order.
func segmentsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool)
	for _, entry := range entries {
		if is, _ := filepath.Match(segments, entry.Name()); is {
			found[entry.Name()] = true
		}
	}
	paths := make([]string, len(found))
	for i := range paths {
		name := fmt.Sprintf(segmentFile, i)
		paths[i] = filepath.Join(dir, name)
		if !found[name] {
			return nil, fmt.Errorf("%s is missing: the record has %d segments, and they are numbered from 0", paths[i], len(found))
		}
	}
	return paths, nil
}

// readWhole reads a file and decodes it. Errors name the file.
func readWhole(path string, decode func([]byte) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxFile {
		return fmt.Errorf("%s is damaged: it has %d bytes", path, info.Size())
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := decode(file); err != nil {
		return fmt.Errorf("%s is damaged: %w", path, err)
	}
	return nil
}
