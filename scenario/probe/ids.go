package probe

import "github.com/seckill-bench/seckill/scenario/sale"

// oddIDs are ids that are texts and nothing else: numbers that are equal, words
// that differ in a blank, in their capitals, behind a colon or in the last of 40
// bytes, and what has a meaning in some language. rawIDs are bytes.
var (
	oddIDs = []string{"7", "007", "7.0", "1e3", "1000", "-1", "a b", "a b ", "Ab", "aB", "a:b", "a:c", `it's "q"`, "a\nb", `{x}*?[y]\`, "100%s",
		"order-0000000000000000000000000000000001", "order-0000000000000000000000000000000002"}
	rawIDs = []string{"a\x00b", "a\x00c", "\xff\xfe", "\xff\xfd", "é"}
)

// bigID is of 19 digits, like the one after it, and a float cannot tell them
// apart.
const bigID = 1234567890123456788

// strange are sales to buyers with ids that not every script can take.
func (by *prober) strange() []scene {
	big := by.scene("big-ids", "two buyers come whose ids of 19 digits differ in the last", 10, func(p *play) { p.open(); p.buys(0, 2) })
	big.ids = &sale.BuyerIDs{From: bigID}
	odd := by.listed("odd-ids", "ids are texts: with spaces, quotes and line breaks, or equal as numbers", oddIDs)
	raw := by.listed("raw-ids", "ids are bytes: with zeros, and some that are no characters", rawIDs)
	return []scene{big, odd, raw}
}

// listed is a sale to buyers with these ids. A script may raise an error about
// one, if it changes nothing.
func (by *prober) listed(class, title string, ids []string) scene {
	s := by.scene(class, title, int64(2*len(ids)), func(p *play) {
		p.allows = allowance{errors: true}
		p.open()
		p.buys(0, uint32(len(ids)))
	})
	listed, err := sale.BuyerIDs{File: "the ids of case " + class}.Listed(ids)
	if err != nil {
		s.skip = err.Error()
	}
	s.ids = &listed
	return s
}
