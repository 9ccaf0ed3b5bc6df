package history

import "errors"

// Write writes a history into a new folder, as Create makes it; one without a
// tail as far as it goes. After an error the folder holds half of it.
func Write(dir string, h *History) error {
	folder, err := Create(dir, h.Head)
	if err != nil {
		return err
	}
	rec := NewRecorder(folder)
	for batch, failed := range h.Batches() {
		if err = failed; err != nil {
			break
		}
		for _, a := range batch {
			a.Reply = rec.Texts.Keep(h.Texts.Text(a.Reply))
			if h.Receipt != nil {
				a.Receipt = rec.Receipts.Keep(h.Receipt(a.Receipt))
			}
			rec.Put(&a)
		}
	}
	if err = errors.Join(err, rec.Close()); err != nil || h.Tail == nil {
		return err
	}
	for _, event := range h.Events {
		folder.Event(event)
	}
	return folder.Finish(*h.Tail)
}
