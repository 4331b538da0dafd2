namespace Quorate.Lab.Shop.Tools;

internal static class Usage
{
    private const string Text = """
        shop edge|api|store|cache|queue|worker    one service of the shop
        shop load --url URL [--rate N] [--seconds N] [--seed N] [--mix PERCENT]    orders and look-ups at the edge
        shop health URL    exit 0 when URL answers 2xx

        Environment: SHOP_LISTEN (127.0.0.1), SHOP_PORT, SHOP_SERVICE (name in logs), DATA_DIR,
        API_URL, STORE_URL, CACHE_URL, QUEUE_URL, STORE_KEEP (1000), CACHE_KEEP (1000), QUEUE_MAX (10000),
        SHOP_LAB (1 opens /lab/burn on the api).
        """;

    public static int Print(string role)
    {
        bool asked = role is "help" or "--help" or "-h";
        (asked ? Console.Out : Console.Error).WriteLine(asked ? Text : $"shop: there is no role '{role}'\n{Text}");
        return asked ? 0 : 2;
    }
}
