package check

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/history"
)

// beside returns an error where a background read cannot have been made.
func (r *reading) beside(a *history.Attempt) error {
	wrong := ""
	switch {
	case int(a.Item) >= len(r.records):
		wrong = fmt.Sprintf("is on item %d of %d", a.Item, len(r.records))
	case int(a.Request) >= r.reads:
		wrong = fmt.Sprintf("is none of the %d that the head announces", r.reads)
	case int(a.Outcome) >= len(classOf) || a.Outcome == 0:
		wrong = "has none of the outcomes"
	case a.Granted != 0:
		wrong = fmt.Sprintf("was granted %d units", a.Granted)
	case a.Call != history.Never && (a.Due > a.Call || a.Return < a.Call):
		wrong = "was called before it was due, or after it returned"
	case a.Call == history.Never && a.Return != history.Never && a.Due > a.Return:
		wrong = "returned before it was due"
	}
	if wrong == "" {
		return nil
	}
	return fmt.Errorf("damaged record: a background read, number %d, %s", a.Request, wrong)
}
