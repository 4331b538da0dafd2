namespace Quorate.Cli.Demo;

/// <summary>One way to break the shop, and what a person who only sees the effect might write.</summary>
internal sealed record DemoIncident(string Fault, string Target, string Broken, IReadOnlyList<string> Words)
{
    public static IReadOnlyList<DemoIncident> All { get; } =
    [
        new("crash", "store", "the order store is killed",
        [
            "hey is something down?? customers say checkout just errors out",
            "orders fail since a few minutes, support is drowning, pls help",
            "nichts geht mehr, jede bestellung bricht ab",
        ]),
        new("db_conn_drift", "api", "the api is restarted with a wrong store address",
        [
            "since the last deploy ordering is broken again, did someone change the config?",
            "depuis le déploiement, toutes les commandes échouent",
            "orders dont save anymore, api logs look weird",
        ]),
        new("pause", "api", "the api hangs",
        [
            "the whole page just loads and loads and then nothing",
            "site hangs!! no error, it simply never answers",
            "alles hängt, die seite lädt ewig",
        ]),
    ];
}
