using Quorate.Contracts;
using Quorate.Faults.Sites;

namespace Quorate.Faults;

/// <summary>Every fault there is, in alphabetical order.</summary>
public static class SiteFaultCatalog
{
    public static IReadOnlyList<ISiteFault> All { get; } =
    [
        AddressFault.BadUpstream,
        new CpuHogFault(),
        new CrashFault(),
        DataFault.Full,
        DataFault.ReadOnly,
        AddressFault.DbConnDrift,
        new PauseFault(),
        new StopFault(),
    ];

    /// <exception cref="QuorateException">There is none of that name.</exception>
    public static ISiteFault Find(string name) => All.FirstOrDefault(f => f.Name == name)
        ?? throw QuorateException.Input("unknown_fault", $"there is no fault '{name}'; there are {string.Join(", ", All.Select(f => f.Name))}");
}
