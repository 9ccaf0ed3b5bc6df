package trace

import "testing"

// A fraction may stand behind a comma, as ISO 8601 has it and Go reads it.
func TestFractionBehindAComma(t *testing.T) {
	for text, want := range map[string]int64{
		"2026-01-02T15:04:05,123Z": 1_000_000, "2026-01-02T15:04:05.123456+08:00": 1_000, "2026-01-02T15:04:05Z": 1_000_000_000,
	} {
		if _, fine, err := calendar(text); err != nil || fine != want {
			t.Errorf("%s: step of %d ns, %v; want %d", text, fine, err, want)
		}
	}
}
