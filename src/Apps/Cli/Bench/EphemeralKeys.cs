using System.Security.Cryptography;
using Quorate.Engine.Panels;

namespace Quorate.Cli.Bench;

/// <summary>Keys that last as long as the process. Not thread-safe.</summary>
internal sealed class EphemeralKeys : IMemberKeys
{
    private readonly Dictionary<string, ECParameters> _keys = new(StringComparer.Ordinal);

    public IReadOnlyList<ECDsa> Open(IReadOnlyList<string> names) => [.. names.Select(Open)];

    private ECDsa Open(string name)
    {
        if (_keys.TryGetValue(name, out var known))
        {
            return ECDsa.Create(known);
        }

        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _keys[name] = key.ExportParameters(includePrivateParameters: true);
        return key;
    }
}
