using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Tests.Unit.ServiceAdmin;

/// <summary>Short ways to what inspectors are made of.</summary>
internal static class Inspected
{
    public static SecretDigest Digest { get; } = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    public static Inspection New() => new(Digest);

    public static ServiceSpec Service(params (string Name, string Value)[] environment) => new()
    {
        Name = "server",
        Environment = environment.ToDictionary(e => e.Name, e => e.Value),
    };

    public static ConfigurationDifference Difference(string key, string? healthy, string? actual) => new("server", key, healthy, actual);
}
