package history

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// The files of a record. RECORD.md describes them.
const (
	headFile    = "head.json"
	tailFile    = "tail.json"
	eventsFile  = "events.parquet"
	ledgerFile  = "ledger.parquet"
	ordersFile  = "orders.parquet"
	bookedFile  = "booked.parquet"
	buyersFile  = "buyers.parquet"
	segmentFile = "attempts-%05d.parquet"
	segments    = "attempts-[0-9][0-9][0-9][0-9][0-9]*.parquet"
	// part ends the name of a file that is not finished.
	part = ".part"
)

// A Folder writes a record to disk. As a sink it belongs to one recorder,
// whose texts it writes. It holds one segment in memory.
type Folder struct {
	dir      string
	texts    *Texts
	receipts *Receipts
	segment  *segmentWriter
	number   int
	err      error

	mu sync.Mutex
	// events are encoded as they come: there are a hundred a second, for as long
	// as the sale goes on.
	events    *encoder[eventRow]
	eventsErr error
}

// Create makes the folder dir, which must not exist or be empty, and writes
// the head into it.
func Create(dir string, head Head) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty: %w", dir, os.ErrExist)
	}
	f := &Folder{dir: dir, segment: newSegmentWriter(), events: newEncoder[eventRow]()}
	if err := f.writeBuyers(head.BuyerIDs); err != nil {
		return nil, err
	}
	if err := f.writeJSON(headFile, head); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *Folder) reads(t *Texts, r *Receipts) { f.texts, f.receipts = t, r }

// Append adds attempts to the open segment, and writes it when it is full.
// After an error, which names the file, nothing more is written.
func (f *Folder) Append(batch []Attempt) error {
	for len(batch) > 0 && f.err == nil {
		n := min(len(batch), segmentSize-f.segment.count)
		if err := f.segment.write(batch[:n], f.texts, f.receipts); err != nil {
			f.err = fmt.Errorf("%s: %w", f.path(f.segmentName()), err)
		}
		if f.segment.count == segmentSize {
			f.Flush()
		}
		batch = batch[n:]
	}
	return f.err
}

// Flush writes the open segment, if it holds anything. The recorder asks for
// it once a second.
func (f *Folder) Flush() error {
	if f.segment.count == 0 || f.err != nil {
		return f.err
	}
	file, err := f.segment.finish()
	f.err = f.write(f.segmentName(), file, err)
	f.number++
	return f.err
}

// Event keeps an event for the record. It is safe for use by many goroutines.
func (f *Folder) Event(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.eventsErr = cmp.Or(f.eventsErr, f.events.write([]eventRow{rowOf(&e)}))
}

// Finish completes the record, when the recorder is closed: the last segment,
// the events, the ledger, the tables of orders where there are any, and at the
// very end the tail.
func (f *Folder) Finish(tail Tail) error {
	if err := f.Flush(); err != nil {
		return err
	}
	f.mu.Lock()
	file, err := f.events.finish()
	err = cmp.Or(f.eventsErr, err)
	f.mu.Unlock()
	if err := f.write(eventsFile, file, err); err != nil {
		return err
	}
	file, err = encodeLedger(tail.Audits)
	if err := f.write(ledgerFile, file, err); err != nil {
		return err
	}
	for _, table := range orderTables {
		if fields, has := orderFields(tail.Audits, table.of); has {
			file, err = encodeOrders(tail.Audits, fields, table.of)
			if err := f.write(table.file, file, err); err != nil {
				return err
			}
		}
	}
	return f.writeJSON(tailFile, tail)
}

func (f *Folder) segmentName() string { return fmt.Sprintf(segmentFile, f.number) }

func (f *Folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *Folder) writeJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	return f.write(name, append(text, '\n'), err)
}

// write gives a file its name when it is whole, so that a reader never sees
// half of one. An error of the encoding is passed on with the file's name.
func (f *Folder) write(name string, file []byte, err error) error {
	path := f.path(name)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path+part, file, 0o644); err != nil {
		os.Remove(path + part) // nobody can read half of it
		return err
	}
	return os.Rename(path+part, path)
}
