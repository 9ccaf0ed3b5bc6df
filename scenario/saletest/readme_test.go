package saletest_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/saletest"
)

// openShop and the methods below stand for the application's own code.
func openShop(t *testing.T, url string) shop { return shop{client(t, url)} }

func (s shop) Open(ctx context.Context, item string, units int64) error {
	return s.Set(ctx, "shop:"+item+":stock", units, 0).Err()
}

func (s shop) Left(ctx context.Context, item string) (int64, error) {
	return s.Get(ctx, "shop:"+item+":stock").Int64()
}

func (s shop) Holders(ctx context.Context, item string) ([]string, error) {
	return s.SMembers(ctx, "shop:"+item+":buyers").Result()
}

func TestNobodyIsOversold(t *testing.T) {
	url := saletest.Server(t, "embedded") // or redis-server, or the URL of a Redis
	shop := openShop(t, url)              // your application
	saletest.Run(t, url, saletest.Sale{
		Limit: 1,
		Keys:  func(i sale.Item) []string { return []string{"shop:" + i.ID + ":stock", "shop:" + i.ID + ":buyers"} },
		Open:  func(ctx context.Context, i sale.Item) error { return shop.Open(ctx, i.ID, i.Stock) },
		Buy: func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error) {
			return shop.Buy(ctx, p.Item.ID, p.Buyer) // sale.OK, sale.SoldOut, sale.Duplicate, or an error
		},
		Left:    func(ctx context.Context, i sale.Item) (int64, error) { return shop.Left(ctx, i.ID) },
		Holders: func(ctx context.Context, i sale.Item) ([]string, error) { return shop.Holders(ctx, i.ID) },
	})
}

// The test that the README shows is the one above.
func TestReadmeShowsThisTest(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(readme), "```go\nfunc TestNobodyIsOversold")
	block, _, _ = strings.Cut(block, "```")
	if !found || !strings.Contains(string(here), "func TestNobodyIsOversold"+block) {
		t.Errorf("the README shows another test:\n%s", block)
	}
}
