using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>Flags as people write them: snake_case, with commas between, or all, or none.</summary>
internal static class Names
{
    /// <summary>Every single flag.</summary>
    public static IReadOnlyList<T> Singles<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Where(value => System.Numerics.BitOperations.IsPow2(Convert.ToInt64(value)))];

    public static string ListOf<T>()
        where T : struct, Enum => string.Join(", ", Singles<T>().Select(QuorateJson.NameOf));

    public static T All<T>()
        where T : struct, Enum => Join(Singles<T>());

    /// <exception cref="QuorateException">A name that is none.</exception>
    public static T Parse<T>(string option, string text, bool single = false)
        where T : struct, Enum => text switch
        {
            "all" => All<T>(),
            "none" when !single => default,
            _ when single => One<T>(option, text),
            _ => Join([.. text.Split(',').Select(name => One<T>(option, name.Trim()))]),
        };

    private static T One<T>(string option, string name)
        where T : struct, Enum
    {
        foreach (var value in Singles<T>())
        {
            if (QuorateJson.NameOf(value) == name)
            {
                return value;
            }
        }

        throw QuorateException.Input("name_unknown", $"{option} names '{name}'; allowed are all, {ListOf<T>()}");
    }

    private static T Join<T>(IReadOnlyList<T> values)
        where T : struct, Enum => (T)Enum.ToObject(typeof(T), values.Aggregate(0L, (sum, value) => sum | Convert.ToInt64(value)));
}
