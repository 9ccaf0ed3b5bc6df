package history

import "sync"

// maxTexts bounds the table: a script that never answers the same text twice
// must not fill the memory.
const maxTexts = 4096

// Texts is a table of kept replies. Number 0 is the empty text. It is safe for
// use by many goroutines; the zero Texts is ready.
type Texts struct {
	mu      sync.RWMutex
	numbers map[string]uint16
	texts   []string
}

// Keep returns the number of a text. Past 4,096 different texts it returns the
// number of a text that says so.
func (t *Texts) Keep(text string) uint16 {
	if text == "" {
		return 0
	}
	t.mu.RLock()
	n, known := t.numbers[text]
	t.mu.RUnlock()
	if known {
		return n
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.add(text)
}

func (t *Texts) add(text string) uint16 {
	if t.numbers == nil {
		t.numbers = map[string]uint16{"": 0, "(one of very many different texts)": 1}
		t.texts = []string{"", "(one of very many different texts)"}
	}
	if n, known := t.numbers[text]; known {
		return n
	}
	if len(t.texts) >= maxTexts {
		return 1
	}
	n := uint16(len(t.texts))
	t.numbers[text] = n
	t.texts = append(t.texts, text)
	return n
}

// Text returns the text with number n, or the empty text where there is none.
func (t *Texts) Text(n uint16) string {
	if t == nil {
		return ""
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if int(n) >= len(t.texts) {
		return ""
	}
	return t.texts[n]
}
