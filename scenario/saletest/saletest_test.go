package saletest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/saletest"
)

func client(t testing.TB, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries = -1
	rdb := redis.NewClient(options)
	t.Cleanup(func() { rdb.Close() })
	return rdb
}

func stockOf(item sale.Item) string  { return "shop:" + item.ID + ":stock" }
func buyersOf(item sale.Item) string { return "shop:" + item.ID + ":buyers" }

// selling is a sale whose accounts are right, for a purchase that may not be.
func selling(rdb *redis.Client, buy func(context.Context, *sale.Purchase) (sale.Outcome, error)) saletest.Sale {
	return saletest.Sale{
		Limit: 1, Seed: 7, Buy: buy,
		Keys: func(item sale.Item) []string { return []string{stockOf(item), buyersOf(item)} },
		Open: func(ctx context.Context, item sale.Item) error {
			return rdb.Set(ctx, stockOf(item), item.Stock, 0).Err()
		},
		Left: func(ctx context.Context, item sale.Item) (int64, error) { return rdb.Get(ctx, stockOf(item)).Int64() },
		Holders: func(ctx context.Context, item sale.Item) ([]string, error) {
			return rdb.SMembers(ctx, buyersOf(item)).Result()
		},
	}
}

// inOneScript is right.
func inOneScript(rdb *redis.Client) func(context.Context, *sale.Purchase) (sale.Outcome, error) {
	script := redis.NewScript(`
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 2 end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
return 1`)
	return func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error) {
		n, err := script.Run(ctx, rdb, []string{stockOf(p.Item), buyersOf(p.Item)}, p.Buyer).Int()
		return []sale.Outcome{sale.SoldOut, sale.OK, sale.Duplicate}[n], err
	}
}

// lookingFirst oversells: others look at the same stock before it takes the unit.
func lookingFirst(rdb *redis.Client) func(context.Context, *sale.Purchase) (sale.Outcome, error) {
	return func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error) {
		if left, err := rdb.Get(ctx, stockOf(p.Item)).Int(); left < 1 || err != nil {
			return sale.SoldOut, err
		}
		if added, err := rdb.SAdd(ctx, buyersOf(p.Item), p.Buyer).Result(); added == 0 || err != nil {
			return sale.Duplicate, err
		}
		return sale.OK, rdb.Decr(ctx, stockOf(p.Item)).Err()
	}
}

func TestJudge(t *testing.T) {
	url := saletest.Server(t, "embedded")
	rdb := client(t, url)
	right := inOneScript(rdb)
	for _, test := range []struct {
		name string
		buy  func(context.Context, *sale.Purchase) (sale.Outcome, error)
		// want is what each of the two sales must break, one of them being enough;
		// none: both are valid.
		want []check.Rule
		is   check.Opinion
	}{
		{"right", right, nil, check.Valid},
		{"looks first", lookingFirst(rdb), []check.Rule{check.Oversell, check.NegativeStock}, check.Invalid},
		{"says it sold what it did not", func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error) {
			got, err := right(ctx, p)
			if got == sale.SoldOut {
				got = sale.OK
			}
			return got, err
		}, []check.Rule{check.Oversell, check.LostSale}, check.Invalid},
		{"answers with no outcome", func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error) {
			_, err := right(ctx, p)
			return 0, err
		}, []check.Rule{check.UnmappedReply}, check.Invalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			sales, err := saletest.Judge(t.Context(), url, selling(rdb, test.buy))
			if err != nil || len(sales) != 2 {
				t.Fatal(len(sales), err)
			}
			var broken []check.Rule
			for _, s := range sales {
				if s.Verdict.Opinion != test.is {
					t.Errorf("%s is %s, want %s", s.Name, s.Verdict.Opinion, test.is)
				}
				for _, v := range s.Verdict.Violations {
					broken = append(broken, v.Rule)
				}
			}
			for _, rule := range test.want {
				if !slices.Contains(broken, rule) {
					t.Errorf("%s is not broken; %v are", rule, broken)
				}
			}
			if left := rdb.Keys(t.Context(), "*").Val(); len(left) > 0 {
				t.Errorf("%q are left on the server", left)
			}
		})
	}
}

// An error means that nobody knows, unless it says that nothing was done.
func TestErrors(t *testing.T) {
	url := saletest.Server(t, "embedded")
	rdb := client(t, url)
	right := inOneScript(rdb)
	lost := func(as sale.Outcome, err error) saletest.Sale {
		return selling(rdb, func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error) {
			if p.RequestIndex%5 == 0 {
				return as, err
			}
			return right(ctx, p)
		})
	}
	for _, test := range []struct {
		sale saletest.Sale
		want sale.Outcome
	}{
		{lost(sale.OK, errors.New("the reply is lost")), sale.Indeterminate},
		{lost(sale.Failed, errors.New("refused at the door")), sale.Failed},
		{lost(0, redis.ErrPoolTimeout), sale.Failed},
	} {
		sales, err := saletest.Judge(t.Context(), url, test.sale)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sales {
			if countOf(s, test.want) == 0 || s.Verdict.Opinion == check.Invalid {
				t.Errorf("%s: verdict %s; want some %s", s.Name, s.Verdict.Opinion, test.want)
			}
		}
	}
}

func countOf(r *saletest.Result, outcome sale.Outcome) (n int) {
	for batch := range r.History.Batches() {
		for i := range batch {
			if batch[i].Outcome == outcome {
				n++
			}
		}
	}
	return n
}

func TestJudgeRefuses(t *testing.T) {
	url := saletest.Server(t, "embedded")
	rdb := client(t, url)
	for _, test := range []struct {
		change func(*saletest.Sale)
		want   string
	}{
		{func(s *saletest.Sale) { s.Keys = nil }, "needs Keys"},
		{func(s *saletest.Sale) { s.Stock = -1 }, "stock"},
		{func(s *saletest.Sale) { s.Left, s.Holders = nil, nil }, "needs Left or Holders"},
		{func(s *saletest.Sale) {
			s.Open = func(context.Context, sale.Item) error { return errors.New("no such shop") }
		}, "no such shop"},
	} {
		s := selling(rdb, inOneScript(rdb))
		test.change(&s)
		if _, err := saletest.Judge(t.Context(), url, s); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v; want an error about %q", err, test.want)
		}
	}
}

// TestPurchase is one of an application. It must fail where the application is
// wrong: TestRunFails looks.
func TestPurchase(t *testing.T) {
	url := saletest.Server(t, "embedded")
	rdb := client(t, url)
	buy := inOneScript(rdb)
	if os.Getenv("OVERSELL") != "" {
		buy = lookingFirst(rdb)
	}
	saletest.Run(t, url, selling(rdb, buy))
}

func TestRunFails(t *testing.T) {
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestPurchase$")
	again.Env = append(os.Environ(), "OVERSELL=1")
	text, err := again.CombinedOutput()
	if err == nil || !strings.Contains(string(text), "oversell, broken ") || !strings.Contains(string(text), "Seed 7 ") || !strings.Contains(string(text), "sales acknowledged and a stock of") {
		t.Errorf("%v\n%s\nwant a test that fails by the rule oversell", err, text)
	}
	if os.Getenv("SHOW") != "" {
		t.Logf("%s", text)
	}
}
