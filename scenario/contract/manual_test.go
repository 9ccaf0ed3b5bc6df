package contract

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/sale"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("CONTRACT.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The contracts of the manual must load.
func TestManualLoads(t *testing.T) {
	examples := strings.Split(manual(t), "```yaml\n")[1:]
	if len(examples) != 3 {
		t.Errorf("%d examples, want 3", len(examples))
	}
	for _, example := range examples {
		text, _, _ := strings.Cut(example, "```")
		_, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(text)}, "mine.lua": {Data: []byte("return 1")}}, "mine.yaml")
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

// The manual must name whatever a contract may say.
func TestManualIsWhole(t *testing.T) {
	var words []string
	for _, n := range templateNames {
		words = append(words, "| `"+n.text+"` |")
	}
	for _, o := range sale.Outcomes {
		if o != sale.Dropped {
			words = append(words, "| `"+o.String()+"` |")
		}
	}
	for _, c := range buyerCollections {
		words = append(words, "`{"+c.name+": KEY")
	}
	for name := range templateFunctions {
		words = append(words, "| `"+name+" ")
	}
	for _, test := range strings.Fields("int int_in min max str re nil empty any error at json bits left granted capture get hget llen hash_sum sum difference lua missing smembers hkeys hgetall zrange lrange per_buyer scan xrange command file limit order retry_safe missing_stock cluster seq uuid snowflake hex keys numkeys args replies") {
		if !strings.Contains(manual(t), "`"+test) && !strings.Contains(manual(t), "{"+test+":") {
			t.Errorf("the manual does not explain %s", test)
		}
	}
	for _, list := range []string{"int int_in min max str nil error", "get hget missing", "limit order retry_safe missing_stock cluster", "version name script call qty items keys open restock buy audit promises"} {
		for word := range strings.FieldsSeq(list) {
			words = append(words, word)
		}
	}
	text := manual(t)
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("the manual does not have %q", word)
		}
	}
}
