using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Money for one piece of work, shared by all of its calls. A call reserves its worst case before it is made and settles with what it
/// really used, so that calls in flight together never spend more than the limit. Thread-safe.
/// </summary>
/// <param name="limitUsd">US dollars, 0 or more.</param>
public sealed class CallBudget(decimal limitUsd)
{
    private const string Key = "quorate.budget";
    private readonly Lock _gate = new();
    private decimal _spent;
    private decimal _reserved;

    public decimal LimitUsd { get; } = limitUsd;

    /// <summary>Settled so far; exceeds the limit only when a server counts more tokens than it was allowed.</summary>
    public decimal SpentUsd
    {
        get
        {
            lock (_gate)
            {
                return _spent;
            }
        }
    }

    /// <summary>False, with nothing changed, when the amount does not fit into what is neither spent nor reserved.</summary>
    public bool TryReserve(decimal usd)
    {
        lock (_gate)
        {
            if (usd > 0 && _spent + _reserved + usd > LimitUsd)
            {
                return false;
            }

            _reserved += usd;
            return true;
        }
    }

    /// <summary>Gives a reservation back and counts what it really cost.</summary>
    public void Settle(decimal reservedUsd, decimal actualUsd)
    {
        lock (_gate)
        {
            _reserved -= reservedUsd;
            _spent += actualUsd;
        }
    }

    /// <summary>A copy of the options whose calls draw on this budget.</summary>
    public ChatOptions In(ChatOptions? options)
    {
        var copy = options?.Clone() ?? new ChatOptions();
        (copy.AdditionalProperties ??= [])[Key] = this;
        return copy;
    }

    internal static CallBudget? Of(ChatOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(Key, out var value) == true ? value as CallBudget : null;
}
