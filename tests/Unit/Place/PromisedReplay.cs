using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;

namespace Quorate.Tests.Unit.Place;

/// <summary>A loop of its own around the queue that writes down the first promise made to each job that was next in order.</summary>
internal static class PromisedReplay
{
    public static Dictionary<string, TimeSpan> Run(ClusterSpec spec, List<JobSpec> jobs, QueuePolicy policy, Dictionary<string, TimeSpan> promises)
    {
        var cluster = new ClusterState(spec);
        var queue = new JobQueue(spec, new QueueOptions { Policy = policy });
        var started = new Dictionary<string, TimeSpan>();
        var arrivals = new Queue<JobSpec>(jobs.OrderBy(j => j.SubmitS));
        while (arrivals.Count > 0 || cluster.Running.Count > 0)
        {
            var arrival = arrivals.TryPeek(out var next) ? TimeSpan.FromSeconds(next.SubmitS) : TimeSpan.MaxValue;
            var end = cluster.Running.FirstOrDefault()?.EndsBy ?? TimeSpan.MaxValue;
            var now = arrival < end ? arrival : end;
            while (cluster.Running.FirstOrDefault() is { } first && first.EndsBy <= now)
            {
                cluster.Release(first.Job);
            }

            while (arrivals.Count > 0 && arrivals.Peek().SubmitS <= now.TotalSeconds)
            {
                queue.Add(QueuedJob.Of(arrivals.Dequeue(), now));
            }

            foreach (var start in queue.Next(now, cluster))
            {
                cluster.Allocate(start.Job.Name, start.Placement, now + start.Job.Walltime);
                queue.Remove(start.Job.Name);
                started.Add(start.Job.Name, now);
            }

            if (queue.Explain(now, cluster) is [{ Kind: WaitKind.Reserved, StartsBy: { } by } head, ..])
            {
                promises.TryAdd(head.Job, by);
            }
        }

        return started;
    }
}
