package fault

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// isSet reads a setting back: some clouds answer OK to what they do not do.
// Redis may write a value in other words, 3145728 for 3mb.
func isSet(ctx context.Context, t teller, name, before, value string) error {
	now, err := setting(ctx, t, name)
	if err != nil {
		return fmt.Errorf("CONFIG SET %s: it cannot be read back: %w", name, err)
	}
	if now == before && !sameSetting(now, value) {
		return fmt.Errorf("CONFIG SET %s %s: the server answered OK, and has %q as before", name, value, now)
	}
	return nil
}

// units are the ends of a number of bytes.
var units = []struct {
	end   string
	bytes int64
}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"b", 1}, {"", 1}}

// sameSetting reports whether two texts stand for the same value.
func sameSetting(a, b string) bool {
	x, isSize := size(a)
	y, both := size(b)
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) || isSize && both && x == y
}

func size(text string) (bytes int64, is bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, u := range units {
		digits, ends := strings.CutSuffix(text, u.end)
		if n, err := strconv.ParseInt(digits, 10, 64); ends && err == nil {
			return n * u.bytes, true
		}
	}
	return 0, false
}

func setting(ctx context.Context, t teller, name string) (string, error) {
	reply, err := t.Do(ctx, "CONFIG", "GET", name)
	if err != nil {
		return "", err
	}
	pair, _ := reply.([]any)
	if len(pair) != 2 {
		return "", fmt.Errorf("the server has no setting %q", name)
	}
	return fmt.Sprint(pair[1]), nil
}
