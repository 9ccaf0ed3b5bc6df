package saletest_test

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/saletest"
	"github.com/seckill-bench/seckill/scenario/server"
)

// shop is the application: it sells with a transaction that is given up when
// somebody else was faster.
type shop struct{ *redis.Client }

func (s shop) Buy(ctx context.Context, item, buyer string) (got sale.Outcome, err error) {
	stock, buyers := "shop:"+item+":stock", "shop:"+item+":buyers"
	for err = redis.TxFailedErr; err == redis.TxFailedErr && ctx.Err() == nil; {
		err = s.Watch(ctx, func(tx *redis.Tx) error {
			bought, err := tx.SIsMember(ctx, buyers, buyer).Result()
			if bought || err != nil {
				got = sale.Duplicate
				return err
			}
			if left, err := tx.Get(ctx, stock).Int(); left < 1 || err != nil {
				got = sale.SoldOut
				return err
			}
			got = sale.OK
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
				p.Decr(ctx, stock)
				p.SAdd(ctx, buyers, buyer)
				return nil
			})
			return err
		}, stock, buyers)
	}
	return got, err
}

func Example() {
	srv, err := server.Open(context.Background(), server.Options{Server: "embedded"})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	options, err := redis.ParseURL(srv.Address)
	if err != nil {
		panic(err)
	}
	options.MaxRetries = -1 // a client that sends again by itself may buy twice
	shop := shop{redis.NewClient(options)}
	defer shop.Close()
	sales, err := saletest.Judge(context.Background(), srv.Address, saletest.Sale{
		Limit: 1,
		Keys: func(item sale.Item) []string {
			return []string{"shop:" + item.ID + ":stock", "shop:" + item.ID + ":buyers"}
		},
		Open: func(ctx context.Context, item sale.Item) error {
			return shop.Set(ctx, "shop:"+item.ID+":stock", item.Stock, 0).Err()
		},
		Buy: func(ctx context.Context, p *sale.Purchase) (sale.Outcome, error) {
			return shop.Buy(ctx, p.Item.ID, p.Buyer)
		},
		Left: func(ctx context.Context, item sale.Item) (int64, error) {
			return shop.Get(ctx, "shop:"+item.ID+":stock").Int64()
		},
		Holders: func(ctx context.Context, item sale.Item) ([]string, error) {
			return shop.SMembers(ctx, "shop:"+item.ID+":buyers").Result()
		},
	})
	if err != nil {
		panic(err)
	}
	for _, s := range sales {
		fmt.Println(s.Name, s.Verdict.Opinion)
	}
	// Output:
	// large valid
	// small valid
}
