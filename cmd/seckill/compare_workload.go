package main

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario"
)

// workload are the fields that say who buys what, and what goes wrong. Variants
// differ in how they sell it.
var workload = []string{
	"stock", "buyers", "attempts", "quantity", "items", "double_click", "limit", "release", "abandon", "restock", "skew",
	"retries", "duration", "buyer_ids", "lost_replies", "faults",
}

// alike refuses variants that do not sell the same to the same buyers, and warns
// where buyers come in other ways.
func alike(variants []*variant) (warnings []string, err error) {
	base := variants[0]
	for _, v := range variants[1:] {
		differ, err := base.unlike(v)
		if err != nil {
			return nil, err
		}
		if len(differ) > 0 {
			return nil, fmt.Errorf("variant %s does not sell what %s sells, to the same buyers: %s", v.name, base.name, strings.Join(differ, "; "))
		}
		if a, b := v.spec.Arrivals, base.spec.Arrivals; a.String() != b.String() {
			warnings = append(warnings, arrivalsDiffer(v.name, a.String(), base.name, b.String()))
		}
	}
	return warnings, nil
}

func arrivalsDiffer(name, arrivals, base, baseArrivals string) string {
	return fmt.Sprintf("the buyers of %s come by %s, those of %s by %s: how they come is part of what is compared", name, arrivals, base, baseArrivals)
}

// unlike says in which fields of the workload another variant differs.
func (v *variant) unlike(other *variant) ([]string, error) {
	ours, theirs := v.filled, other.filled
	// How many come with open arrivals is theirs to say.
	ours.Buyers, theirs.Buyers = v.spec.Buyers, other.spec.Buyers
	if v.spec.Limit == nil && other.spec.Limit == nil && once(&v.spec) && once(&other.spec) {
		ours.Limit, theirs.Limit = nil, nil // nobody gets as far as to the limit
	}
	return unlike(ours, theirs)
}

// once reports whether every buyer comes once, with one click.
func once(s *scenario.Spec) bool {
	return s.Attempts.Most == 1 && s.DoubleClick == 0 && len(s.Crowd) == 0
}

// unlike says in which fields of the workload the second spec differs from the
// first, and whether their buyers come by another model.
func unlike(base, other scenario.Spec) (differ []string, err error) {
	was, err := valuesIn(base)
	if err != nil {
		return nil, err
	}
	is, err := valuesIn(other)
	if err != nil {
		return nil, err
	}
	if base.Arrivals.Model != other.Arrivals.Model {
		differ = append(differ, fmt.Sprintf("arrivals are %s, not %s", other.Arrivals, base.Arrivals))
	}
	for _, key := range workload {
		if was[key] != is[key] {
			differ = append(differ, fmt.Sprintf("%s is %s, not %s", key, orOpen(is[key]), orOpen(was[key])))
		}
	}
	return differ, nil
}

// orOpen is a value in a sentence.
func orOpen(value string) string {
	if value == "" {
		return "not given"
	}
	return value
}
