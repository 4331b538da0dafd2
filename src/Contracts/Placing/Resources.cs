using System.Runtime.InteropServices;

namespace Quorate.Contracts.Placing;

/// <summary>What a node has or a job takes, in whole units so that sums are exact: cores, MiB of memory, GPUs, GiB of storage.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Resources(long CpuCores, long MemoryMb, long Gpus, long StorageGb)
{
    /// <summary>Most of anything that one job or one node may name; sums over a cluster stay far from overflow.</summary>
    public const long Most = 1L << 40;

    /// <summary>How many kinds of resources there are.</summary>
    public const int Kinds = 4;

    public static readonly IReadOnlyList<string> Names = ["cpu_cores", "memory_gb", "gpus", "storage_gb"];

    /// <summary>The amount of one kind, by its place in <see cref="Names"/>; memory in MiB.</summary>
    public long this[int kind] => kind switch { 0 => CpuCores, 1 => MemoryMb, 2 => Gpus, _ => StorageGb };

    public bool IsZero => this == default;

    public static Resources operator +(Resources a, Resources b) => new(a.CpuCores + b.CpuCores, a.MemoryMb + b.MemoryMb, a.Gpus + b.Gpus, a.StorageGb + b.StorageGb);

    public static Resources operator -(Resources a, Resources b) => new(a.CpuCores - b.CpuCores, a.MemoryMb - b.MemoryMb, a.Gpus - b.Gpus, a.StorageGb - b.StorageGb);

    public static Resources operator *(Resources a, long times) => new(a.CpuCores * times, a.MemoryMb * times, a.Gpus * times, a.StorageGb * times);

    public bool Fits(Resources free) => CpuCores <= free.CpuCores && MemoryMb <= free.MemoryMb && Gpus <= free.Gpus && StorageGb <= free.StorageGb;

    /// <summary>The share of each of <paramref name="parts"/> equal tasks, rounded up.</summary>
    public Resources Share(int parts) => new(Up(CpuCores, parts), Up(MemoryMb, parts), Up(Gpus, parts), Up(StorageGb, parts));

    /// <summary>For people: only what is there.</summary>
    public override string ToString()
    {
        var self = this;
        var parts = Enumerable.Range(0, Kinds).Where(k => self[k] != 0).Select(k => Describe(k, self[k]));
        return string.Join(", ", parts) is { Length: > 0 } text ? text : "nothing";
    }

    /// <summary>An amount of one kind for people, such as <c>64 GB memory</c>.</summary>
    public static string Describe(int kind, long amount) => kind switch
    {
        0 => FormattableString.Invariant($"{amount} {(amount == 1 ? "core" : "cores")}"),
        1 => FormattableString.Invariant($"{amount / 1024m:0.##} GB memory"),
        2 => FormattableString.Invariant($"{amount} {(amount == 1 ? "GPU" : "GPUs")}"),
        _ => FormattableString.Invariant($"{amount} GB storage"),
    };

    private static long Up(long amount, int parts) => (amount + parts - 1) / parts;
}
