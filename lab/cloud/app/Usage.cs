namespace Quorate.Lab.Cloud;

internal static class Usage
{
    private const string Text = """
        cloud api|worker|exporter    one service of the lab
        cloud load --url URL [--rate N] [--seconds N] [--seed N] [--mix PERCENT]    orders and look-ups at the edge
        cloud health URL    exit 0 when URL answers 2xx

        Environment: CLOUD_LISTEN (127.0.0.1), CLOUD_PORT, CLOUD_SERVICE (name in logs),
        DB_URL, CACHE_URL, QUEUE_URL (scheme://user@host:port/name) with DB_PASSWORD, CACHE_PASSWORD, QUEUE_PASSWORD,
        TLS_PORT with DATA_DIR (its certificate), CLOUD_LAB (1 opens /lab on the api);
        of the exporter DB_HOST, DB_USER, CACHE_HOST, EDGE_HOST.
        """;

    public static int Print(string role)
    {
        bool asked = role is "help" or "--help" or "-h";
        (asked ? Console.Out : Console.Error).WriteLine(asked ? Text : $"cloud: there is no role '{role}'\n{Text}");
        return asked ? 0 : 2;
    }
}
